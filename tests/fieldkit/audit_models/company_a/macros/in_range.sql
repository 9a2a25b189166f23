{% macro in_range(column, first_day, end_day) -%}
{{ column }} >= date '{{ first_day }}' and {{ column }} < date '{{ end_day }}'
{%- endmacro %}
