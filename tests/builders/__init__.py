"""What the tests make for themselves: small files, tables, servers and studies. No test stands here."""
