using CrunSharp.Cli;

Startup.Note();
return await CommandLine.RunAsync(args);
