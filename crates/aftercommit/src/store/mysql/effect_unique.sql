-- Names come before effects, in one order: a transaction that waits for a name has no effect that the owner of the name needs.
-- A name leads to the effect that is pending under it, which is locked: it cannot be claimed before this transaction has ended,
-- so whoever delivers it sees what was committed here. A name whose effect was claimed or is gone leads to the new effect.
-- (Names are not a unique index of the effects: there InnoDB locks the index before the row, a claim the row before the index,
-- and an index entry that was just removed makes those who insert it again wait for each other.)
{current}INSERT INTO {uniques} (receiver, unique_key, late, id) VALUES {rows}
ON DUPLICATE KEY UPDATE freed_at = NULL, id = IF({uniques}.id IS NOT NULL AND IF({uniques}.late,
    EXISTS (SELECT 1 FROM {waiting} e WHERE e.id = {uniques}.id AND e.unique_key IS NOT NULL FOR UPDATE),
    EXISTS (SELECT 1 FROM {effects} e WHERE e.id = {uniques}.id AND e.unique_key IS NOT NULL FOR UPDATE)),
    {uniques}.id, VALUES(id))
