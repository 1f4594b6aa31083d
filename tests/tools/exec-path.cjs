// Where this machine cannot start the program that Node is, processes of Node are started by the script that can.
process.execPath = process.env.EXEC_PATH;
