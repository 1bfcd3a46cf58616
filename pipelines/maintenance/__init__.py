"""What keeps the stores in shape: partitions before they are needed, and without those that nobody needs any more."""
