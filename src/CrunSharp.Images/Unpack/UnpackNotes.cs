namespace CrunSharp.Images.Unpack;

/// <summary>What was left out, at most a hundred sentences of it.</summary>
internal sealed class UnpackNotes
{
    private const int Most = 100;

    private readonly List<string> _notes = [];
    private long _more;

    public void Add(string note)
    {
        if (_notes.Count < Most)
        {
            _notes.Add(note);
        }
        else
        {
            _more++;
        }
    }

    public IReadOnlyList<string> ToList() => _more == 0 ? [.. _notes] : [.. _notes, $"and {_more} more like these"];
}
