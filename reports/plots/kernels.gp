# SPDX-License-Identifier: MIT
# kernels.gp - the times of a shape's kernels, a row each. $rows is a number, "kernel", "share of the limit", "speed
# over naive", least and most, interval, limit and median of its time, line type. $launches is row and median of a
# launch; $cloud is the density of all samples, an outline a row.
notes = 2; head = 'kernel, threads'; note_head = 'of limit'; second_head = 'x naive'
label(s) = seconds(s)
top = 24; foot = 46
eval row_frame
height = bottom + foot
eval canvas
eval margins
eval row_names
set logscale x
set xrange [low:high]
places = (right - left) / 46.0
eval round_tics
eval 'set xtics ('.tics.')'
set xlabel 'time of a call' offset 0,0.4
plot $cloud with filledcurves closed fs transparent solid 0.45 noborder lc rgb colour(1), \
  $rows using 5:($1 + 0.2):($6 - $5):(0) with vectors nohead lc rgb ink dt 1 lw 0.8, \
  $launches using 2:($1 + 0.29):(0):(0.16) with vectors nohead lc rgb ink dt 1 lw 0.8, \
  $rows using 7:($1 + 0.2):($8 - $7):(0) with vectors nohead lc rgb ink dt 1 lw 3, \
  $rows using 9:($1 - 0.4):(0):(0.8) with vectors nohead lt 10 lw 2, \
  $rows using 10:($1 + 0.2):(symbol($11)):11 with points pt variable lc variable ps 0.6
