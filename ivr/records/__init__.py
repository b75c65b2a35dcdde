"""Records: the tables of schema `ivr`, the delivery of journals into them, the embedded PostgreSQL."""
