using System.Globalization;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Lessons;

/// <summary>How far the learner has come in each lesson, kept in the user's state directory.</summary>
public sealed class Progress
{
    private readonly string _file;
    private readonly SortedDictionary<string, int> _finished = new(StringComparer.Ordinal);

    /// <param name="directory">Made when something is to be kept.</param>
    public Progress(string directory)
    {
        _file = Path.Combine(directory, "progress");
        if (!File.Exists(_file))
        {
            return;
        }

        foreach (string[] words in File.ReadLines(_file).Select(static line => line.Split(' ')))
        {
            // A line that another version wrote differently is no reason to refuse a lesson.
            if (words is [{ Length: > 0 } name, string count] && int.TryParse(count, CultureInfo.InvariantCulture, out int sections) && sections > 0)
            {
                _finished[name] = sections;
            }
        }
    }

    /// <summary>Where it is kept: <c>$XDG_STATE_HOME/crun-sharp/learn</c>.</summary>
    public static string DefaultDirectory()
    {
        string? named = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        string home = named is ['/', ..] ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(home, "crun-sharp", "learn");
    }

    /// <summary>How many sections of the lesson are finished.</summary>
    public int Sections(Lesson lesson) => Math.Min(_finished.GetValueOrDefault(lesson.Name), lesson.Sections.Count);

    public bool IsDone(Lesson lesson) => Sections(lesson) == lesson.Sections.Count;

    /// <summary>Notes the furthest that was reached.</summary>
    public void Reach(Lesson lesson, int sections)
    {
        if (sections <= Sections(lesson))
        {
            return;
        }

        _finished[lesson.Name] = sections;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        StringBuilder text = new();
        foreach ((string name, int count) in _finished)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name} {count}\n");
        }

        AtomicFile.Write(_file, Encoding.UTF8.GetBytes(text.ToString()), durable: false);
    }
}
