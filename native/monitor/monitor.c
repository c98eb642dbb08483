int monitor_main(int argc, char **argv);
int
monitor_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 125;
}
