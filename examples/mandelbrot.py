"""The Mandelbrot set as text: float loops that the JIT turns into machine code."""
import sys


def escape(re, im, limit):
    x = y = 0.0
    for n in range(limit):
        xx = x * x
        yy = y * y
        if xx + yy > 4.0:
            return n
        y = 2.0 * x * y + im
        x = xx - yy + re
    return limit


def main():
    width = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    height = width * 2 // 5
    limit = 1000
    shades = " .:-=+*#%@"
    total = 0
    for row in range(height):
        line = []
        for column in range(width):
            n = escape(3.0 * column / width - 2.2, 2.4 * row / height - 1.2, limit)
            total += n
            line.append(shades[-1] if n == limit else shades[n % (len(shades) - 1)])
        print("".join(line))
    print("iterations:", total)


main()
