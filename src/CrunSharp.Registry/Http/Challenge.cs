using System.Text;

namespace CrunSharp.Registry.Http;

/// <summary>One way to prove oneself that a 401 offers.</summary>
/// <remarks>RFC 9110, section 11.6.1.</remarks>
internal sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int LongestHeader = 16384;

    public string? this[string name] => Parameters.GetValueOrDefault(name);

    /// <summary>All challenges of the header's values; what cannot be read ends the list.</summary>
    public static List<Challenge> Parse(IEnumerable<string> values)
    {
        List<Challenge> challenges = [];
        foreach (string value in values.Where(value => value.Length <= LongestHeader))
        {
            new Reader(value).ReadInto(challenges);
        }

        return challenges;
    }

    /// <summary>Commas separate both challenges and their parameters; only what follows a word tells which.</summary>
    private struct Reader(string text)
    {
        private int _at;

        public void ReadInto(List<Challenge> challenges)
        {
            Dictionary<string, string>? current = null;
            while (true)
            {
                SkipSpaceAndCommas();
                string word = Token();
                if (word.Length == 0)
                {
                    return;
                }

                int afterWord = _at;
                SkipSpace();
                if (Take('='))
                {
                    SkipSpace();
                    if (current is null || !TryValue(out string value))
                    {
                        return;
                    }

                    // The first of two equal names counts, so that none can be smuggled in behind it.
                    current.TryAdd(word, value);
                    continue;
                }

                _at = afterWord;
                current = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                challenges.Add(new Challenge(word, current));
                SkipSpace();
                SkipToken68();
            }
        }

        private readonly bool Ended => _at >= text.Length;

        private string Token()
        {
            int start = _at;
            while (!Ended && (char.IsAsciiLetterOrDigit(text[_at]) || "!#$%&'*+-.^_`|~".Contains(text[_at])))
            {
                _at++;
            }

            return text[start.._at];
        }

        private bool TryValue(out string value)
        {
            if (!Take('"'))
            {
                value = Token();
                return value.Length > 0;
            }

            StringBuilder quoted = new();
            while (!Ended && text[_at] != '"')
            {
                if (text[_at] == '\\' && _at + 1 < text.Length)
                {
                    _at++;
                }

                quoted.Append(text[_at++]);
            }

            value = quoted.ToString();
            return Take('"');
        }

        // 'Negotiate a87421000492aa==': one word of its own, no name.
        private void SkipToken68()
        {
            int start = _at;
            while (!Ended && (char.IsAsciiLetterOrDigit(text[_at]) || "-._~+/=".Contains(text[_at])))
            {
                _at++;
            }

            int end = _at;
            SkipSpace();
            bool isOne = end > start && (Ended || text[_at] == ',') && !text[start..end].TrimEnd('=').Contains('=');
            _at = isOne ? _at : start;
        }

        private void SkipSpace()
        {
            while (!Ended && text[_at] is ' ' or '\t')
            {
                _at++;
            }
        }

        private void SkipSpaceAndCommas()
        {
            while (!Ended && text[_at] is ' ' or '\t' or ',')
            {
                _at++;
            }
        }

        private bool Take(char wanted)
        {
            if (Ended || text[_at] != wanted)
            {
                return false;
            }

            _at++;
            return true;
        }
    }
}
