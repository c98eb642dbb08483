using CrunSharp.Cli;

return await CommandLine.RunAsync(args);
