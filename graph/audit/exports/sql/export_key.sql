-- What signs manifests when no setting has a key.
select key from anlyt.export_signing_key
