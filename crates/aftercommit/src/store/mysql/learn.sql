SELECT COUNT(*), VERSION(), CAST(@@max_allowed_packet AS SIGNED) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'aftercommit_commits'
