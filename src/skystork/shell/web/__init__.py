"""The web server: routes as a table, callers and what they may, answers and refusals; knows no orders and no fleet."""
