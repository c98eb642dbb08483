using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Observe;

/// <summary>One line of /proc/pid/mountinfo.</summary>
/// <param name="Root">Which part of the file system is mounted.</param>
/// <param name="Options">Of this mount; the file system's own are <paramref name="SuperOptions"/>.</param>
public sealed record MountEntry(int Id, int Parent, string Device, string Root, string Point, string Options, string Type, string Source, string SuperOptions)
{
    public bool IsReadOnly => Has("ro") || HasWord(SuperOptions, "ro");

    public bool Has(string option) => HasWord(Options, option);

    private static bool HasWord(string words, string word) => words.Split(',').Contains(word);
}

/// <summary>The mounts that a process sees, in the order in which they were made.</summary>
public sealed record MountTable(IReadOnlyList<MountEntry> Entries)
{
    public static MountTable Parse(string text)
    {
        List<MountEntry> entries = [];
        foreach (string line in text.Split('\n'))
        {
            int dash = line.IndexOf(" - ", StringComparison.Ordinal);
            if (dash >= 0 && line[..dash].Split(' ') is [var id, var parent, var device, var root, var point, var options, ..]
                && line[(dash + 3)..].Split(' ') is [var type, var source, var super, ..])
            {
                entries.Add(new MountEntry(Number(id), Number(parent), device, Unescape(root), Unescape(point), options, type, Unescape(source), super));
            }
        }

        return new MountTable(entries);
    }

    public MountEntry? Find(int id) => Entries.FirstOrDefault(entry => entry.Id == id);

    /// <summary>The mount that an open descriptor of this process is on.</summary>
    public MountEntry? Of(SafeFileHandle handle)
    {
        const string Field = "mnt_id:";
        string? line = ProcessFacts.Text($"/proc/self/fdinfo/{handle.DangerousGetHandle()}").Split('\n').FirstOrDefault(static line => line.StartsWith(Field, StringComparison.Ordinal));
        return line is null ? null : Find(Number(line[Field.Length..].Trim()));
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    // Blanks and backslashes stand as three octal digits.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
