// The door of store.
