-- There is no RETURNING in MySQL: the id comes back in the OK packet, the rest by row_get.sql.
INSERT INTO {table} ({columns}) VALUES {rows}
