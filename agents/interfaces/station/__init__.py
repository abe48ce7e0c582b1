"""The station: pages for the people at the line, mounted into the service; needs the extra `station`."""
