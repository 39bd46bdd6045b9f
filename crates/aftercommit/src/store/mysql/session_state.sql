SHOW SESSION VARIABLES WHERE Variable_name IN
    ('autocommit', 'completion_type', 'tx_isolation', 'transaction_isolation', 'tx_read_only', 'transaction_read_only')
