// exposition
