-- COMMIT is only run if the marker could be written.
{marker}COMMIT
