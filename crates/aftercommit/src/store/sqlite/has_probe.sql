RELEASE aftercommit_{probe}
