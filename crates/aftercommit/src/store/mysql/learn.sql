SELECT COUNT(*), CAST(@@auto_increment_increment AS SIGNED) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'aftercommit_commits'
