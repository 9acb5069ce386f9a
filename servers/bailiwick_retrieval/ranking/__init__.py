"""How passages are put in order: words, scores, fusion. Pure: no engine, no I/O."""
