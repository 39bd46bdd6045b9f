DELETE FROM {uniques}
WHERE receiver = {receiver} AND unique_key IN ({keys}) AND freed_at < {now} - 3600000000
