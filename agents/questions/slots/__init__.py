"""What a question names: places, zones, types, sizes, limits, regions, images, products."""
