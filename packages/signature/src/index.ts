// The door of signature.
