"""The regulator's side: what an mTLS client may read of any tenant, and the record that it did."""
