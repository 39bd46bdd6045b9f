-- COMMIT is only run if the marker could be written. In full, because `completion_type` may say otherwise.
{marker}COMMIT AND NO CHAIN NO RELEASE
