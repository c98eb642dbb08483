using System.Globalization;
using System.Text;

namespace CrunSharp.Machines;

/// <summary>Finds in a machine's console when its program began, wrote and ended; elsewhere all output is the program's.</summary>
internal sealed class ConsoleWatch(string? token)
{
    private const int MostLines = 4000;
    private const int MostOutput = 1 << 20;

    private readonly byte[] _startMark = Encoding.ASCII.GetBytes($"@crun-sharp {token} start\n");
    private readonly byte[] _exitMark = Encoding.ASCII.GetBytes($"\n@crun-sharp {token} exit ");
    private readonly List<byte> _bytes = [];
    private readonly List<(long At, string Text)> _lines = [];
    private readonly List<byte> _line = [];
    private long _lineBegan;
    private int _outputBegins = token is null ? 0 : -1;
    private int _outputEnds = -1;
    private int _searched;

    public long? StartMark { get; private set; }

    public long? FirstByte { get; private set; }

    public long? ExitMark { get; private set; }

    /// <summary>What the machine's first process said of its program's end.</summary>
    public int? Status { get; private set; }

    public IReadOnlyList<(long At, string Text)> Lines => _line.Count == 0 ? _lines : [.. _lines, (_lineBegan, Text(_line))];

    public byte[] Output => _outputBegins < 0 ? [] : [.. _bytes.Skip(_outputBegins).Take((_outputEnds < 0 ? _bytes.Count : _outputEnds) - _outputBegins)];

    public void Feed(ReadOnlySpan<byte> bytes, long now)
    {
        if (bytes.IsEmpty || _bytes.Count > MostOutput)
        {
            return;
        }

        Split(bytes, now);
        _bytes.AddRange(bytes);
        if (token is null)
        {
            FirstByte ??= now;
            return;
        }

        LookForMarks(now);
    }

    private void LookForMarks(long now)
    {
        ReadOnlySpan<byte> all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes);
        if (_outputBegins < 0)
        {
            int at = all[_searched..].IndexOf(_startMark);
            if (at < 0)
            {
                // The mark may be cut by the end of a read.
                _searched = Math.Max(0, all.Length - _startMark.Length);
                return;
            }

            _outputBegins = _searched + at + _startMark.Length;
            _searched = _outputBegins;
            StartMark = now;
        }

        if (_outputEnds >= 0)
        {
            return;
        }

        int exit = all[_searched..].IndexOf(_exitMark);
        int end = exit < 0 ? -1 : all[(_searched + exit + _exitMark.Length)..].IndexOf((byte)'\n');
        int wrote = exit < 0 ? all.Length - _outputBegins : _searched + exit - _outputBegins;

        // Its beginning looks like the program's own line until the rest has come.
        if (wrote > 0 && (exit >= 0 || !_exitMark.AsSpan().StartsWith(all[_outputBegins..])))
        {
            FirstByte ??= now;
        }

        if (end >= 0)
        {
            int from = _searched + exit + _exitMark.Length;
            _outputEnds = _searched + exit;
            ExitMark = now;
            Status = int.TryParse(Encoding.ASCII.GetString(all.Slice(from, end)).Trim(), CultureInfo.InvariantCulture, out int status) ? status : null;
        }
        else if (exit < 0)
        {
            _searched = Math.Max(_outputBegins, all.Length - _exitMark.Length);
        }
    }

    private void Split(ReadOnlySpan<byte> bytes, long now)
    {
        foreach (byte letter in bytes)
        {
            if (_line.Count == 0)
            {
                _lineBegan = now;
            }

            if (letter != (byte)'\n')
            {
                _line.Add(letter);
                continue;
            }

            if (_lines.Count < MostLines)
            {
                _lines.Add((_lineBegan, Text(_line)));
            }

            _line.Clear();
        }
    }

    private static string Text(List<byte> line) => Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
}
