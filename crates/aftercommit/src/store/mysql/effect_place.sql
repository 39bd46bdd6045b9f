-- Until this transaction has ended nobody else gets a place in the lane: places are in the order of commits.
{current}UPDATE {lanes} SET place = place + {count} WHERE lane = {lane}
