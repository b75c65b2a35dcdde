"""Line: what answers here and with what, and how it is. Nothing is changed from this page."""
