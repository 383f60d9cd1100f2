"""The viewer: a picture on screen that grows sharp where one looks. Six steps, always forward.

GUI     1  canvas.wheelEvent      motion.zoom_by: a new ViewState (core.geometry), eased; repaint
                                  at once from what is in hand; view_changed(view, focus)
GUI     2  scheduler.set_view     keep the latest; ask for nothing until it has rested 100 ms
GUI     3  core.plan.plan         layers to draw → canvas.set_plan; missing tiles, the nearest to
                                  the cursor first → PendingTiles.replace; a chunk of neighbouring
                                  tiles that fits one pass (core.chunks) → requested(TileRequest)
WORKER  4  worker.run             engine.render: interpolate (core.resample) or run the network
                                  (models.upscaler); cut into tiles with gutters → finished
GUI     5  scheduler.on_finished  drop stale answers; cache.put; plan again; ask for the next chunk
GUI     6  canvas.paintEvent      painting.paint: draw each layer, worst first, best on top

A request holds all its inputs and a generation, which changes with the picture and the preset but
not with the zoom: a tile of a zoom just left is still worth keeping. Opening goes the same way:
browser.open → files.find → browser → reader.open → browser → app._show → scheduler.set_scene,
canvas.show_picture → step 2.

`core` knows neither Qt nor torch; only `app` knows every class; only `engine` runs networks.
"""
