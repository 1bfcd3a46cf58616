"""What we counted, held day by day against what billing-service charged."""
