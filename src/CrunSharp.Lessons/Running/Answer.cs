namespace CrunSharp.Lessons;

/// <summary>Whether what a learner typed says the same as an answer.</summary>
public static class Answer
{
    private static readonly string[] s_numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    private static readonly HashSet<string> s_fillers = ["a", "an", "the", "is", "it", "its", "it's", "was", "that", "signal", "i", "think", "only", "just"];
    private static readonly HashSet<string> s_yes = ["yes", "y", "yeah", "yep", "true"];
    private static readonly HashSet<string> s_no = ["no", "n", "nope", "false"];

    /// <summary>Case, quotes, articles, and whether a number is written as a word make no difference; "no, it is not" is "no".</summary>
    public static bool Matches(string accepted, string typed)
    {
        string[] wanted = Words(accepted);
        string[] given = Words(typed);
        bool isYesOrNo = wanted is ["yes"] or ["no"];
        return isYesOrNo ? given.Length > 0 && given[0] == wanted[0] : wanted.SequenceEqual(given);
    }

    private static string[] Words(string text)
    {
        string[] words = text.ToLowerInvariant().Split([' ', '\t', ',', ';', '!', '"', '`', '(', ')', '\u2019'], StringSplitOptions.RemoveEmptyEntries);
        string[] plain = [.. words.Select(static word => Plain(word.Trim('\'', '.', ':', '?'))).Where(static word => word.Length > 0)];
        string[] telling = [.. plain.Where(static word => !s_fillers.Contains(word))];
        return telling.Length > 0 ? telling : plain;
    }

    private static string Plain(string word) =>
        s_yes.Contains(word) ? "yes"
        : s_no.Contains(word) ? "no"
        : word is "none" or "nothing" ? "0"
        : Array.IndexOf(s_numbers, word) is >= 0 and int number ? $"{number}"
        : word;
}
