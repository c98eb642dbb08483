using System.CommandLine;
using CrunSharp.Cli.Parsing;
using CrunSharp.Engine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary><c>login</c>: a name and password for a registry, kept where podman and skopeo look as well.</summary>
internal static class LoginCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<string?> user = new("--username", "-u") { Description = "Name; asked for when it is missing", HelpName = "USER" };
        Option<string?> password = new("--password", "-p") { Description = "Password, for all to see in the list of processes", HelpName = "PASSWORD" };
        Option<bool> fromStdin = new("--password-stdin") { Description = "Read the password from stdin" };
        Argument<string> registry = new("REGISTRY") { Description = "Host and port; Docker Hub by default", DefaultValueFactory = _ => "docker.io" };

        Command login = new("login", "Log in to a registry") { user, password, fromStdin, registry };
        login.SetAction(async (parsed, cancellationToken) =>
        {
            string host = parsed.GetValue(registry)!;
            bool piped = parsed.GetValue(fromStdin);
            string? name = parsed.GetValue(user);
            string? secret = parsed.GetValue(password);
            if (piped && (name is null || secret is not null))
            {
                throw Tokens.Usage(parsed.CommandResult.Command, "--password-stdin goes with --username and without --password");
            }

            name ??= Ask($"Username for {host}: ", () => Console.In.ReadLine());
            secret ??= piped ? Console.In.ReadLine() : Ask("Password: ", Hidden);
            string file = await ContainerEngine.LogInAsync(host, name ?? "", secret ?? "", cancellationToken);
            parsed.InvocationConfiguration.Output.WriteLine($"Login Succeeded: kept in {file}");
            return ExitCode.Success;
        });
        return login;
    }

    private static string? Ask(string question, Func<string?> answer)
    {
        if (Console.IsInputRedirected)
        {
            throw new CrunException("cannot log in", "stdin is no terminal to ask for name and password")
            {
                Hints = ["crun-sharp login --username USER --password-stdin REGISTRY < FILE"],
            };
        }

        Console.Error.Write(question);
        return answer();
    }

    private static string Hidden()
    {
        System.Text.StringBuilder typed = new();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (key.KeyChar != '\0')
            {
                typed.Append(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
