-- Follows an INSERT, on MariaDB since 10.5. Elsewhere the id comes back in the OK packet, the rest by row_get.sql.
RETURNING {read}
