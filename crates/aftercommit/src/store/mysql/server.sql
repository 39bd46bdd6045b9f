CONCAT(@@hostname, ':', @@port, '/', @@server_id)
