-- The database of facts and cubes.
create database if not exists anlyt;
