using System.CommandLine;
using CrunSharp.Engine;

namespace CrunSharp.Cli.Commands;

/// <summary><c>logout</c>: forgets what <c>login</c> stored.</summary>
internal static class LogoutCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Argument<string> registry = new("REGISTRY") { Description = "Host and port; Docker Hub by default", DefaultValueFactory = _ => "docker.io" };
        Command logout = new("logout", "Forget the credentials of a registry") { registry };
        logout.SetAction(parsed =>
        {
            string host = parsed.GetValue(registry)!;
            IReadOnlyList<string> files = ContainerEngine.LogOut(host);
            TextWriter output = parsed.InvocationConfiguration.Output;
            output.WriteLine(files.Count == 0 ? $"Not logged in to {host}" : $"Removed login credentials for {host} from {string.Join(", ", files)}");
            return ExitCode.Success;
        });
        return logout;
    }
}
