"""Teams, their members and roles, projects and labels; and access.py, the one place where rights are decided."""
