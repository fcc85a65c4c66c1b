//! What the logic says: authorization as terms, and the encodings that give the terms meaning.
