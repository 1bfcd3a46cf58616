"""What data is: events, streams, writes, the histogram, DDL. No I/O happens here."""
