using System.CommandLine;

namespace CrunSharp.OciVerbs;

/// <summary>Marks where a verb's own words end: <c>exec ID ls -a</c> must not read <c>-a</c> as an option of exec.</summary>
internal static class OwnWords
{
    public static string[] Separate(string[] args, OciVerb verb, Command root)
    {
        if (verb.OwnWords == int.MaxValue)
        {
            return args;
        }

        Command command = root.Subcommands[0];
        int words = 0;
        for (int i = Array.IndexOf(args, verb.Name) + 1; i < args.Length; i++)
        {
            string word = args[i];
            if (word == "--")
            {
                return args;
            }

            if (!word.StartsWith('-') || word == "-")
            {
                if (++words > verb.OwnWords)
                {
                    return [.. args[..i], "--", .. args[i..]];
                }
            }
            else if (!word.Contains('=') && TakesValue(command, word))
            {
                i++;
            }
        }

        return args;
    }

    private static bool TakesValue(Command command, string word)
    {
        foreach (Option option in command.Options)
        {
            if (option.Name == word || option.Aliases.Contains(word))
            {
                return option.Arity.MinimumNumberOfValues > 0;
            }
        }

        return false;
    }
}
