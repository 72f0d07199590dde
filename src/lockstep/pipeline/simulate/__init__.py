"""The built-in shop: customers, orders, sessions and tickets, with known drift and known dirt."""
