using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;
using CrunSharp.Cli.Output;
using CrunSharp.Engine;
using CrunSharp.Observe;

namespace CrunSharp.Cli.Commands;

/// <summary><c>why</c>: runs a program in a container and says which layer refused what it could not do.</summary>
internal static class WhyCommand
{
    public static Command Create(GlobalOptions globals)
    {
        Option<bool> repeat = new("--repeat") { Description = "Run it again where doubt is left, with one layer lifted at a time" };
        Option<string> format = RunCommand.Choice("--format", "text or json", "text", "text", "json");
        Command run = RunCommand.Create(globals);
        Command why = new("why", "Run a program in a container and say who refused what it could not do") { repeat, format };
        foreach (Option option in run.Options.Where(static option => option.Name is not ("--rm" or "--trace" or "--dry-run" or "--explain" or "--detail")))
        {
            why.Add(option);
        }

        foreach (Argument argument in run.Arguments)
        {
            why.Add(argument);
        }

        Option[] own = [repeat, format];
        why.SetAction(parsed =>
        {
            using ContainerEngine engine = globals.OpenEngine(parsed);
            bool isJson = parsed.GetValue(format) == "json";
            WhyRequest request = new(globals.Given(parsed), [.. Given(parsed, run, own), "--rm", "--", .. Words(parsed, run)], null, isJson);
            WhyResult result = engine.Why(request);
            if (result.Seen is not { } seen)
            {
                // Its own message has said why it could not be made.
                return result.ExitCode;
            }

            if (parsed.GetValue(repeat))
            {
                Repeat(engine, request, seen, isAsked: parsed.GetResult("--network") is { Tokens.Count: > 0 });
            }

            TextWriter output = parsed.InvocationConfiguration.Output;
            if (isJson)
            {
                output.WriteLine(WhyJson.Write(result.ExitCode, seen));
            }
            else
            {
                WhyText.Write(output, result.ExitCode, seen);
            }

            return result.ExitCode;
        });
        return why;
    }

    // The first run may have used the network it was given; a repetition gets one only where it was asked for by name.
    private static void Repeat(ContainerEngine engine, WhyRequest request, Observation seen, bool isAsked)
    {
        WhyRequest again = request with
        {
            Arguments = isAsked ? request.Arguments : ["--network=none", .. request.Arguments],
            OutputAside = true,
            Watched = Doubts.Open(seen),
        };
        foreach (Lift lift in seen.Refused.SelectMany(static refusal => refusal.Verdict.Doubt).Distinct().Order())
        {
            if (!seen.Refused.Any(refusal => refusal.Verdict.Doubt.Contains(lift)))
            {
                // An earlier repetition has settled it.
                continue;
            }

            Console.Error.WriteLine($"why: again, without {Doubts.Name(lift)}");
            if (engine.Why(again with { Lift = lift }).Seen is not { } second)
            {
                continue;
            }

            IReadOnlyList<Refusal> settled = Doubts.Settle(seen, second, lift);
            foreach (Refusal refusal in lift == Lift.Capabilities ? settled : [])
            {
                Doubts.Found(refusal, Doubts.Narrow(ContainerEngine.GrantableCapabilities, set => PassesWith(engine, again, refusal, set)));
            }
        }
    }

    private static bool PassesWith(ContainerEngine engine, WhyRequest again, Refusal refusal, ulong capabilities)
    {
        Console.Error.WriteLine($"why: again, without the limit on {BitOperations.PopCount(capabilities)} of the capabilities");
        return engine.Why(again with { Lift = Lift.Capabilities, Capabilities = capabilities }).Seen is { } seen && Doubts.PassesIn(refusal, seen) == true;
    }

    private static IEnumerable<string> Given(ParseResult parsed, Command run, Option[] own) => parsed.CommandResult.Children.OfType<OptionResult>()
        .Where(result => run.Options.Contains(result.Option) && !own.Contains(result.Option) && !result.Implicit)
        .SelectMany(static result => result.Tokens.Count == 0 ? [result.Option.Name] : result.Tokens.Select(token => $"{result.Option.Name}={token.Value}"));

    private static IEnumerable<string> Words(ParseResult parsed, Command run) =>
        run.Arguments.SelectMany(argument => parsed.GetResult(argument)?.Tokens ?? []).Select(static token => token.Value);
}
