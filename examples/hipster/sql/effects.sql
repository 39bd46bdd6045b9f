-- What waits for its time or for another attempt is still to follow; a dead letter is not.
SELECT
    (SELECT COUNT(*) FROM aftercommit_effects) + (SELECT COUNT(*) FROM aftercommit_waiting),
    (SELECT COUNT(*) FROM aftercommit_dead)
