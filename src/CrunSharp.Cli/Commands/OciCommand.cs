using System.CommandLine;
using CrunSharp.OciVerbs;

namespace CrunSharp.Cli.Commands;

/// <summary><c>oci</c>: the runtime's own command line, for people; programs call crun-sharp-oci.</summary>
internal static class OciCommand
{
    public const string Name = "oci";

    /// <summary>What follows is the runtime's, options included: nothing of it is read here.</summary>
    public static int Run(string[] arguments) => OciApp.Run(arguments, $"crun-sharp {Name}");

    /// <summary>For the list of commands only.</summary>
    public static Command Create(GlobalOptions globals) =>
        new(Name, "The commands of an OCI runtime: create, start, run, exec, state, kill, delete ...") { TreatUnmatchedTokensAsErrors = false };
}
