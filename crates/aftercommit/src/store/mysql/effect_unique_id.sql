(SELECT id FROM {uniques} WHERE receiver = {receiver} AND unique_key = {unique_key} AND late = {late})
