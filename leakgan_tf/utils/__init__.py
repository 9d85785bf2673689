"""What every package uses: errors, files, seeds, hardware, sums over devices."""
