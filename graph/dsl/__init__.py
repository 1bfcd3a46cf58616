"""The typed query language: `parse -> resolve -> passes -> plan -> render`, each from one frozen value to the next."""
