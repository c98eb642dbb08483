using System.CommandLine;
using CrunSharp.Oci;

namespace CrunSharp.Cli.Parsing;

/// <summary>Brings arguments as docker's users write them into the one form that the parser cannot misread.</summary>
/// <remarks>
/// Afterwards each option stands as <c>--name=value</c>, its last use wins unless it may be repeated, and all that
/// is no option follows <c>--</c>: a container's own <c>-i</c> is never taken for ours.
/// </remarks>
internal static class Tokens
{
    private const string Detail = "--detail";

    /// <param name="stopAtFirst">Whether everything after the first word belongs to that word, as with <c>run IMAGE ...</c>.</param>
    /// <exception cref="CrunException">An option that there is not, or one without its value.</exception>
    public static List<string> Normalize(Command command, IEnumerable<Option> inherited, IReadOnlyList<string> arguments, bool stopAtFirst)
    {
        Dictionary<string, Option> known = Index([.. inherited, .. command.Options]);
        List<(Option Option, string? Value)> options = [];
        List<string> words = [];
        int next = 0;
        while (next < arguments.Count)
        {
            string token = arguments[next++];
            if (token == "--")
            {
                words.AddRange(arguments.Skip(next));
                break;
            }

            if (token.Length < 2 || token[0] != '-')
            {
                words.Add(token);
                if (stopAtFirst)
                {
                    words.AddRange(arguments.Skip(next));
                    break;
                }

                continue;
            }

            if (DetailOf(token) is { } detail)
            {
                Take(Detail, detail);
                continue;
            }

            if (token.StartsWith("--", StringComparison.Ordinal))
            {
                int equals = token.IndexOf('=', StringComparison.Ordinal);
                string name = equals < 0 ? token : token[..equals];
                Take(name, equals < 0 ? null : token[(equals + 1)..]);
                continue;
            }

            // A cluster: switches, and perhaps at the end one option with its value: -it, -eA=B, -ite A=B.
            for (int at = 1; at < token.Length; at++)
            {
                string name = $"-{token[at]}";
                string rest = token[(at + 1)..];
                if (rest.Length == 0 || (Find(name) is { } option && IsSwitch(option) && rest[0] != '='))
                {
                    Take(name, null);
                    continue;
                }

                Take(name, rest[0] == '=' ? rest[1..] : rest);
                break;
            }
        }

        return Write(options, words);

        Option Find(string name) =>
            known.TryGetValue(name, out Option? option)
                ? option
                : throw Usage(command, $"there is no option '{name}'");

        // To docker's run -v names a volume. Where an explanation is asked for and no volume follows, it means what it means elsewhere.
        string? DetailOf(string token)
        {
            bool isAsked = known.ContainsKey(Detail) && arguments.Any(static word => word is "--explain" or "--dry-run");
            bool namesVolume = next < arguments.Count && arguments[next].AsSpan().ContainsAny(':', '/') && !arguments[next].StartsWith('-');
            return !isAsked ? null : token switch
            {
                "-vv" => "2",
                "-v" when !namesVolume => "1",
                _ => null,
            };
        }

        void Take(string name, string? value)
        {
            Option option = Find(name);
            if (!IsSwitch(option) && value is null)
            {
                value = next < arguments.Count
                    ? arguments[next++]
                    : throw Usage(command, $"option '{name}' needs a value");
            }
            else if (option.ValueType == typeof(bool) && value is not (null or "true" or "false"))
            {
                throw Usage(command, $"option '{name}' is true or false, not '{value}'");
            }

            if (!MayRepeat(option))
            {
                options.RemoveAll(other => other.Option == option);
            }

            options.Add((option, value));
        }
    }

    /// <summary>The shape of every complaint about how a command was written.</summary>
    public static CrunException Usage(Command command, string why) =>
        new(!command.Parents.Any() ? "cannot read the command line" : $"cannot run '{command.Name}'", why)
        {
            Hints = [!command.Parents.Any() ? "crun-sharp --help" : $"crun-sharp {command.Name} --help"],
        };

    private static List<string> Write(List<(Option Option, string? Value)> options, List<string> words)
    {
        List<string> tokens = [];
        foreach ((Option option, string? value) in options)
        {
            // The parser takes '--name=' for a missing value, but an empty word for an empty one.
            tokens.AddRange(value switch
            {
                null => [option.Name],
                "" => [option.Name, ""],
                _ => [$"{option.Name}={value}"],
            });
        }

        if (words.Count > 0)
        {
            tokens.Add("--");
            tokens.AddRange(words);
        }

        return tokens;
    }

    private static Dictionary<string, Option> Index(List<Option> options)
    {
        Dictionary<string, Option> known = [];
        foreach (Option option in options)
        {
            known[option.Name] = option;
            foreach (string alias in option.Aliases)
            {
                known[alias] = option;
            }
        }

        return known;
    }

    private static bool IsSwitch(Option option) => option.Arity.MinimumNumberOfValues == 0;

    private static bool MayRepeat(Option option) => option.Arity.MaximumNumberOfValues > 1;
}
