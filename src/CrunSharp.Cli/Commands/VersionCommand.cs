using System.CommandLine;
using CrunSharp.Cli.Output;

namespace CrunSharp.Cli.Commands;

/// <summary><c>version</c>: which build this is, on which kernel.</summary>
internal static class VersionCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Command version = new("version", "Show version, commit and platform");
        version.SetAction(static parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine($"Version:   {ProgramVersion.Number}");
            output.WriteLine($"Commit:    {ProgramVersion.Commit}");
            output.WriteLine($"Platform:  {Oci.Platform.Host}");
            output.WriteLine($"Kernel:    {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}");
            return ExitCode.Success;
        });
        return version;
    }
}
